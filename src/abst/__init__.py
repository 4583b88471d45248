"""ABST Registry: a permissioned registry for filed asset-backed security tokens (资产支持证券代币)."""

__version__ = "0.1.0"
