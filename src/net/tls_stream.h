// SPDX-License-Identifier: GPL-3.0-or-later
/* tls_stream: TLS on top of a stream. What is given to be sent becomes records, which the stream sends;
 * what it receives is records, and their clear text goes to the person and the service. The handshake is
 * a part of the turns, as all else. An end without close_notify is said to be cut short. */
#pragma once

#include "net/stream.h"

extern const struct session_ops tls_stream_ops;
