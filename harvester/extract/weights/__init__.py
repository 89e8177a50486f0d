"""Headers of weight files: the first bytes in, tensors counted; never the weights themselves."""
