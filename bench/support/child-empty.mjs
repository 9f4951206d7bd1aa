// An empty module: what Node itself needs to start.
