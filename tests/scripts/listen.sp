# SPDX-License-Identifier: GPL-3.0-or-later
# Where a listener listens, who reaches it, and what it refuses.
/listen 0.0.0.0 0 as every
/assert message matches /^listening on 0\.0\.0\.0:[0-9]+ \(every IPv4 address of this machine\)$/
/open 127.0.0.3 $every.port
/assert @every.clients = 1 within 5s
/assert @3.local is 127.0.0.3:$every.port
/listen 127.0.0.2 0
/assert message has "listening on 127.0.0.2:"
/fails /listen 198.51.100.7 0 with "EADDRNOTAVAIL"

/listen 127.0.0.1 0 as l
/fails /listen 127.0.0.1 $l.port with "bind 127.0.0.1:$l.port: address already in use (EADDRINUSE)"
/listen udp 127.0.0.1 $l.port
/fails /send @l x with "listener"
/fails /shutdown @l write
/fails /abort @l
/assert @l.peer is not available

# Clients outlive their listener, which has them again when it listens again.
/open 127.0.0.1 $l.port as c
/assert @l.clients = 1 within 5s
/close @l
/assert @l.message is "closed: no longer listening"
/assert @c.state is ESTABLISHED
/reconnect @l
/assert @l.number = 6
/open 127.0.0.1 $l.port
/assert @l.clients = 2 within 5s

# Without an address it is both loopbacks, * every address of both families, :: those of IPv6.
/skip unless ipv6
/listen 0
/assert name matches /^tcp:[0-9]+$/
/assert message matches /^listening on 127\.0\.0\.1:[0-9]+ and \[::1\]:[0-9]+ \(loopback only\)$/
/assert listen.calls = 2
/name both
/open 127.0.0.1 $both.port
/open ::1 $both.port as six
/assert @both.clients = 2 within 5s
/assert @six.peer is [::1]:$both.port
/listen * 0
/assert message has "(every address"
/listen :: 0
/assert message has "(every IPv6 address of this machine; * takes IPv4 too)"
/listen ::ffff:127.0.0.1 0 as mapped
/assert message matches /^listening on \[::ffff:127\.0\.0\.1\]:.*\(loopback only\)/
/open 127.0.0.1 $mapped.port
/assert @mapped.clients = 1 within 5s
/listen udp ::ffff:0.0.0.0 0
/assert message has "(every IPv4 address of this machine)"
