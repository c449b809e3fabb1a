# SPDX-License-Identifier: GPL-3.0-or-later
# For the tutorials' client, which is to say $message.
/socket udp as server
/bind 127.0.0.1 0
/say $server.port
/recv 200
/expect "$message"
/to 0 $message
