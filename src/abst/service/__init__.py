"""The registry as a service: sender and reader running on and on, with logs, metrics and a word on its health.

`serve` runs until it is told to stop; `once` does one round, for cron. Neither writes anything of its own: all that
happens is what `abst ops run` and every reading command do too, so any number may run at once and be killed at will.
"""

from abst.service.logs import console, json_lines
from abst.service.rounds import Round, once
from abst.service.serving import Settings, serve

__all__ = ["Round", "Settings", "console", "json_lines", "once", "serve"]
