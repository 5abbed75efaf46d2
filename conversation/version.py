"""The version: the one place where it is written, in the one folder that all others may import."""

VERSION = "0.9.0"
