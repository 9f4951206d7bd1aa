"""Runs a script of this folder again and again, so that Python and its modules are loaded once.

Argument: the script. Each line of stdin is what one run of it reads from stdin, and is answered by a line of JSON: status,
as the script run alone would have ended with, stdout and stderr. A run starts with names of its own; modules stay loaded.
"""

import io
import json
import sys
import traceback

path = sys.argv[1]
with open(path, encoding="utf-8") as file:
    code = compile(file.read(), path, "exec")
requests, answers = sys.stdin, sys.stdout
for request in requests:
    sys.stdin, sys.stdout, sys.stderr = io.StringIO(request), io.StringIO(), io.StringIO()
    status = 0
    try:
        exec(code, {"__name__": "__main__", "__file__": path})
    except BaseException:
        traceback.print_exc()
        status = 1
    answer = {"status": status, "stdout": sys.stdout.getvalue(), "stderr": sys.stderr.getvalue()}
    answers.write(json.dumps(answer) + "\n")
    answers.flush()
