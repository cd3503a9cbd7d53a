"""Pure stages, in the order of an article's life: values in, values out, no clock, no disk, no
network."""
