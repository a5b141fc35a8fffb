"""What is wrong with a configuration, found in the parsed YAML however incomplete the rest is.

Each module yields (location, what is expected); ``config_file`` tells them all at once, with lines.
The models themselves are in ``config``.
"""
