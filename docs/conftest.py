# Settings and extensions of the site need Sphinx, which tests do not.
collect_ignore_glob = ["conf.py", "_*"]
