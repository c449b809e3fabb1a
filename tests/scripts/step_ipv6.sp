# SPDX-License-Identifier: GPL-3.0-or-later
# IPv6 call by call, and what the two families refuse each other.
/skip unless ipv6
/socket tcp 6
/bind 0
/assert message has "bound to [::1]:"
/fails /connect 127.0.0.1 9 with "connect(127.0.0.1:9) = -1 "
/socket tcp 4
/fails /bind ::1 0 with "bind([::1]:0) = -1 EAFNOSUPPORT"
/bind * 0
/assert message has "bound to 0.0.0.0:"

# A socket of IPv6 on every address has peers of IPv4 under their mapped addresses.
/socket udp 6 as six
/bind * 0
/assert message has "IPv4 too unless IPV6_V6ONLY"
/socket udp 4 as four
/bind 0
/to @six 127.0.0.1:$four.port hi
/recv @four
/expect @four hi
/assert @six.last.address is [::ffff:127.0.0.1]:$four.port

/fails /to @four [::1]:9 hi with "the socket is of another family"

# One recvfrom() waits on both sockets of a server, and the answer goes out where the question came in.
/listen udp 0 as both
/pause
/loop from in ::1 127.0.0.1
  /recv @both 9 &
  /open udp $from $both.port as c$loop
  /send question$loop
  /expect @both question$loop
  /send @both answer$loop
  /expect @c$loop answer$loop
/end
