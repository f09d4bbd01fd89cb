# SPDX-License-Identifier: GPL-2.0-only
# machine: amd-mediated
# about: `kvmpmu record --switch`, the compact form, of an AMD guest with the mediated vPMU: a counter
# about: overflows and its PMI is taken, 20 times.
kvmpmu record --switch -q -o /out/perf.data -- kvmpmu bench --raw pmi --iterations 20
