"""Deploy a registry into a home folder, embedded or on a node, and print its addresses as JSON. See `abst init`."""

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

from abst import bootstrap
from abst.chain.api import DEFAULT_CHAIN_ID
from abst.errors import AbstError
from abst.keys import open_keystore


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, default=bootstrap.default_home(), help="default: ABST_HOME or ./.abst")
    parser.add_argument("--url", action="append", default=[], help="of a node; again for more; none: embedded chain")
    parser.add_argument("--chain-id", type=int, default=DEFAULT_CHAIN_ID)
    parser.add_argument("--deployer", type=Path, help="keystore file of an account that can pay on the node")
    parser.add_argument("--admin-delay", type=int, default=86_400, help="seconds an administrator's act waits")
    parser.add_argument("--no-deposit", action="store_true", help="without a token of local deposits, the cash leg")
    parser.add_argument("--keystore-work", type=int, default=bootstrap.WORK, help="scrypt; small ones for tests only")
    given = parser.parse_args()
    try:
        words = bootstrap.passphrases(given.home)
        made = bootstrap.init(
            given.home,
            bootstrap.Init(
                passphrase_of=words,
                chain_urls=tuple(given.url),
                chain_id=given.chain_id,
                admin_delay=given.admin_delay,
                deposit=not given.no_deposit,
                work=given.keystore_work,
                deployer_key=open_keystore(given.deployer, words(bootstrap.DEPLOYER)) if given.deployer else None,
            ),
            progress=lambda said: print(said, file=sys.stderr),
        )
        print(json.dumps(made, indent=2))
    except AbstError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
