# SPDX-License-Identifier: GPL-2.0-only
# machine: arm64-hybrid
# about: PMIs of guests on either PMU of an arm64 host, from the host's interrupt to the vGIC: 20 on CPU 1, 10 on
# about: CPU 2. Beside them the host samples its own instructions on CPU 3, whose interrupts are nobody's guest's.
# about: `kvmpmu record` with its default events.
kvmpmu record -q -C 3 -e armv8_cortex_a72/inst_retired/H -c 200000 -o /dev/null &
other=$!
sleep 1
kvmpmu record -q -a -o /out/perf.data -- sh -c '
	kvmpmu bench --raw pmi --iterations 20 --cpu-list 1
	kvmpmu bench --raw pmi --iterations 10 --cpu-list 2'
kill $other
wait $other
true
