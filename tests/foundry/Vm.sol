// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice The few of forge's cheat codes that these tests use.
interface Vm {
    function prank(address sender) external;
    function startPrank(address sender) external;
    function stopPrank() external;
    function warp(uint256 second) external;
    function sign(uint256 key, bytes32 digest) external pure returns (uint8 v, bytes32 r, bytes32 s);
    function addr(uint256 key) external pure returns (address);
    function getCode(string calldata artifact) external view returns (bytes memory);
    function deployCode(string calldata artifact, bytes calldata arguments) external returns (address);
    function envOr(string calldata name, string calldata fallback_) external view returns (string memory);
    function expectRevert() external;
    function expectRevert(bytes calldata data) external;
    function snapshotState() external returns (uint256);
    function revertToState(uint256 snapshot) external returns (bool);
    /// @dev The next event is to be wanted of `emitter`, whole.
    function expectEmit(address emitter) external;
    function recordLogs() external;
    function getRecordedLogs() external returns (Log[] memory);

    struct Log {
        bytes32[] topics;
        bytes data;
        address emitter;
    }
}

/// @notice Assertions that name what was found and what was wanted.
abstract contract Test {
    Vm internal constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    error Differs(string what, uint256 found, uint256 wanted);
    error NotSo(string what);

    /// @dev Where the code of a contract of ours comes from: forge's own artifacts by name, or the folder that
    /// ABST_CODE names, where the mutants (tests/proofs) stand as `<name>.json`.
    function artifactOf(string memory name) internal view returns (string memory) {
        string memory folder = vm.envOr("ABST_CODE", string(""));
        if (bytes(folder).length == 0) return string.concat(name, ".sol:", name);
        return string.concat(folder, "/", name, ".json");
    }

    /// @dev Creation code of a contract of ours.
    function codeOf(string memory name) internal view returns (bytes memory) {
        return vm.getCode(artifactOf(name));
    }

    /// @dev Deploys a contract of ours by name, so that a change of a contract recompiles no test.
    function deploy(string memory name, bytes memory arguments) internal returns (address) {
        return vm.deployCode(artifactOf(name), arguments);
    }

    function isTrue(bool condition, string memory what) internal pure {
        if (!condition) revert NotSo(what);
    }

    function same(uint256 found, uint256 wanted, string memory what) internal pure {
        if (found != wanted) revert Differs(what, found, wanted);
    }

    function same(address found, address wanted, string memory what) internal pure {
        same(uint160(found), uint160(wanted), what);
    }

    function same(bytes32 found, bytes32 wanted, string memory what) internal pure {
        same(uint256(found), uint256(wanted), what);
    }

    function named(string memory name) internal pure returns (address) {
        return address(uint160(uint256(keccak256(bytes(name)))));
    }

    /// @dev A number in [low, high], the same for the same seed.
    function within(uint256 seed, uint256 low, uint256 high) internal pure returns (uint256) {
        return low + seed % (high - low + 1);
    }
}
