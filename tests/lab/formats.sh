# SPDX-License-Identifier: GPL-2.0-only
#
# The formats of tracepoints named SYSTEM.EVENT, as /out/formats.tar. Run in a lab machine by
# captures/formats-ARCH.sh; one that its kernel does not have is an error.
mkdir -p /tmp/formats
status=0
for event; do
	cat "/sys/kernel/tracing/events/${event%%.*}/${event#*.}/format" > "/tmp/formats/$event" || status=1
done
tar -cf /out/formats.tar -C /tmp/formats .
exit $status
