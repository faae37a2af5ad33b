"""What a lesson is and how it is made: pure Python, without Beam or Pub/Sub."""

__version__ = "0.1.0"
