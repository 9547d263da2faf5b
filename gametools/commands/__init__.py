"""The commands of the shell, a file each: arguments in, a call of the package, a table out."""
