# SPDX-License-Identifier: GPL-3.0-or-later
# The address, a name, or "on" and "from" decide on which host a socket is; what is refused there.
/skip unless sandbox
/sandbox on
/listen 0.0.0.0 0 on right as any
/assert message has "(every IPv4 address of right)"
/open 192.0.2.2 $any.port
/assert host is left
/assert local has "192.0.2.1:"
/listen right 8080 as named
/assert getaddrinfo.calls = 0
/loop name in right RIGHT 192.0.2.2
  /open $name 8080
  /assert host is left
/end
/listen left 0 as near
/open left $near.port from left
/assert local has "192.0.2.1:"
/fails /listen 192.0.2.2 0 on left with "192.0.2.2 is an address of right, and this socket is on left"
/fails /open 198.51.100.1 80 from left with "a host of the sandbox reaches only the other one"
/fails /open [fe80::1%lo]:80 from left with "that interface is on this machine; on left use an address without one"
/fails /open unix:@none from left with "a UNIX path is on this machine, not on left"

/socket tcp on right as server
/assert message has "TCP over IPv4 on right, paused"
/bind 192.0.2.2 82
/backlog 1
/socket tcp on left as client
/connect right 82
/accept @server as taken
/assert @taken.host is right

# A socket of this machine has not the addresses of the hosts, and does not reach them.
/skip unless ipv6
/open 2001:db8::2 8080
/assert local has "[2001:db8::1]:"
/socket tcp 6 as here
/fails /bind right 8082 with "bind([2001:db8::2]:8082) = -1 EADDRNOTAVAIL: not an address of this machine; 2001:db8::2 is an address of right, and this socket is on this machine: /socket tcp on right"
/try /connect right 8082 &
/assert message has "this socket is on this machine: /socket tcp on left reaches it" within 5s
/close
/socket udp 6
/assert state is UDP
/bind :: 0
/try /to right:8082 x
/assert message has "/socket udp on left reaches it"
