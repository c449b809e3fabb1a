# SPDX-License-Identifier: GPL-3.0-or-later
import socket

server_socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server_socket.bind(("127.0.0.1", 0))
print(server_socket.getsockname()[1], flush=True)
while True:
    data, address = server_socket.recvfrom(200)
    server_socket.sendto(data, address)
