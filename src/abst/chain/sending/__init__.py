"""Sending: `abst.chain.sender` is the door; here are its parts."""
