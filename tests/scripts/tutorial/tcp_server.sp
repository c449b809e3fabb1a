# SPDX-License-Identifier: GPL-3.0-or-later
# For the tutorials' client, which is to say $message.
/socket tcp as server
/bind 127.0.0.1 0
/backlog 1
/say $server.port
/accept as child
/recv 1024
/expect "$message"
/send $message
/recv
/assert fin is yes
