"""The simulated ecosystem: model number i is a pure function of the seed and i; only a small cache is kept."""
