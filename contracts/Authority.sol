// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

// Who may do what is OpenZeppelin's code, unchanged: named here so that it is compiled with our settings.
import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
