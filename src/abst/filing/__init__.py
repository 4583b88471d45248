"""The filing (备案): the dossier and its checks, the authority's acts as states, and what is kept of them."""
