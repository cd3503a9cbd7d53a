"""The soak: a day of the whole service in minutes, and whether it takes more at its end.

`day` runs the service under simulated time, `hands` is that time, `publishers` and `visitors` are
the world around it, `working_set` is what is looked at every simulated hour.
"""
