# SPDX-License-Identifier: GPL-3.0-or-later
# A datagram is answered from the address that was asked: a client that has called connect() hears nothing else.
/listen udp 0.0.0.0 0 echo as every
/open udp 127.0.0.5 $every.port as five
/send five
/expect five
/send
/assert recvs = 2 within 5s
/assert @every.sendmsg.calls = 2

/listen udp 0.0.0.0 0 as s
/open udp 127.0.0.5 $s.port as a
/open udp 127.0.0.6 $s.port as b
/loop peer in a b
  /send @$peer asked
  /expect @s asked
  /send @s typed
  /expect @$peer typed
/end
/to @s 1 chosen
/expect @a chosen
/to @s 1
/send @b asked
/expect @s asked
/send @s kept
/expect @a kept
/pause @s
/send @b late
/recv @s
/expect @s late
/to @s 2 hand
/expect @b hand

# Who asks at two addresses is one peer.
/socket udp as both
/loop address in 127.0.0.5 127.0.0.1
  /to $address:$every.port x
  /recv
  /assert last.address is $address:$every.port
/end
/assert @every.peers = 2

# A server on one address needs no recvmsg(), and one without IP_PKTINFO lets the kernel choose, again when reopened.
/listen udp 127.0.0.1 0 echo as one
/open udp 127.0.0.1 $one.port
/send x
/expect x
/assert @one.recvmsg.calls = 0
/listen udp 0.0.0.0 0 echo as off
/option @off pktinfo off
/loop 2
  /to @both 127.0.0.5:$off.port x
  /recv @both
  /assert @both.last.address is 127.0.0.1:$off.port
  /assert @off.sendmsg.calls = 0
  /close @off
  /reconnect @off
/end

/skip unless ipv6
/listen udp * 0 echo as mixed
/loop address in ::1 127.0.0.5
  /open udp $address $mixed.port
  /send six
  /expect six
/end
