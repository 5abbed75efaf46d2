"""The version: the one place where it is written."""

VERSION = "0.9.0"
