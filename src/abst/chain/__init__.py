"""Floor 5: the chain. Importing the room costs nothing: web3 and py-evm load with `embedded` and `node` only."""
