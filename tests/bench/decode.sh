#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# decode.sh - CPU time of one event in the decoder and in the queue that puts events in order, on the
# records of the shipped recording.
set -eu

"$KP_BUILD/tests/bench/decode" "$KP_TOP/tests/data/lab-pmi-amd-mediated/perf.data"
