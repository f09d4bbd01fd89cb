# SPDX-License-Identifier: GPL-2.0-only
# machine: arm64-vhe
# about: arm64 host with PMUv3 and KVM at EL2 (VHE).
sh /lab/snapshot.sh
