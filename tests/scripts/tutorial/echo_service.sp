# SPDX-License-Identifier: GPL-3.0-or-later
# Echo services for the tutorials' clients, TCP and UDP at the same port, until they are ended.
/listen 127.0.0.1 0 echo as server
/listen udp 127.0.0.1 $server.port echo
/say $server.port
/wait @server closed within 1m
