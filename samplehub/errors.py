"""What is raised where a sample Hub cannot be set up; everything else is an answer over HTTP."""


class SampleHubError(Exception):
    """A setting or a port cannot be used; the message says what is wrong and what is valid."""
