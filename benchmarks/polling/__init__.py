"""How long relevant news waits to be found: Dateline's polling against other readers', at equal
requests."""
