# SPDX-License-Identifier: GPL-3.0-or-later
# Two SYNs that cross on a slow cable: both ends go from SYN_SENT through SYN_RECV.
/skip unless sandbox
/sandbox on
/cable delay 300ms
/socket tcp on left as a
/bind 192.0.2.1 5001
/socket tcp on right as b
/bind 192.0.2.2 5001
/connect @a 192.0.2.2 5001 &
/connect @b 192.0.2.1 5001 &
/assert @a.state is SYN_SENT
/assert @a.state is SYN_RECV within 5s
/assert @b.state is SYN_RECV within 5s
/assert @a.state is ESTABLISHED within 5s
/assert @b.state is ESTABLISHED within 5s
