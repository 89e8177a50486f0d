"""The simulated ecosystem: model number i is a pure function of the seed and i; nothing is held but a small cache."""
