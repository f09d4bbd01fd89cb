# SPDX-License-Identifier: GPL-2.0-only
# machine: arm64-hybrid
# about: PMIs of guests on either PMU of an arm64 host, from the host's interrupt to the vGIC: 20 on CPU 1, 10 on
# about: CPU 2. Beside them the host samples a loop on CPU 3: its interrupts are no guest's. `kvmpmu record` with
# about: its default events.
taskset 8 sh -c 'while :; do :; done' &
loop=$!
kvmpmu record -q -C 3 -e armv8_cortex_a72/cpu_cycles/H -c 10000000 -o /tmp/other.data &
other=$!
sleep 4
kvmpmu record -q -a -o /out/perf.data -- sh -c '
	kvmpmu bench --raw pmi --iterations 20 --cpu-list 1
	kvmpmu bench --raw pmi --iterations 10 --cpu-list 2'
kill $other $loop
wait $other
true
