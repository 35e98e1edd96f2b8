"""What lies on disk: tables, YAML, sample and limit files of users, digests, and where each has its place."""
