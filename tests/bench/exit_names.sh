#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# exit_names.sh - exit reasons that one core names in a second (the goal is 50 million).
set -eu
"$KP_BUILD/tests/bench/exit_names"
