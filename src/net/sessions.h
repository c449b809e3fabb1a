// SPDX-License-Identifier: GPL-3.0-or-later
/* sessions: the table of all sessions of the program. Gives the numbers, says what to poll, serves
 * what is ready with a byte budget for each per turn, and is the only place that closes
 * descriptors: between two turns, so that no number is used twice within one. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/poller.h"
#include "net/session.h"
#include "record/transcript.h"

struct sandbox;
struct wire;

enum { SESSIONS_KEPT = 20, SESSIONS_KEPT_MOST = 10000 };

struct port_table;
struct recorded_identity;

/* The transcript is borrowed and must outlive the table. */
struct sessions *sessions_new(struct transcript *transcript);
void sessions_free(struct sessions *sessions); /* closes everything */

/* The session is in the table at once, and what happens next is reported in its transcript. NULL
 * only where the arguments cannot be right; `options` may be NULL. A numeric address is listened on
 * before this returns, unless a socket closed in this turn may still hold the port: then in the
 * next turn. Listening without a host is on loopback, on both families; "*" is every address. */
struct session *sessions_open(struct sessions *sessions, const struct target *target,
                              const struct session_options *options, struct error *error);
struct session *sessions_listen(struct sessions *sessions, const struct target *target,
                                const struct session_options *options, struct error *error);

/* socket() and nothing else; the session is paused, see step.h. Of the options family (IPv4 by
 * default), numeric, queue_max and name count. */
struct session *sessions_make_socket(struct sessions *sessions, enum transport transport,
                                     const struct session_options *options, struct error *error);

/* A recording, whose sessions are in the table beside the others; see recorded.h. NULL where there have
 * been RECORDINGS_MOST. It lives as long as the table. */
enum { RECORDINGS_MOST = 1024, RECORDED_MOST = 1000 };
struct recording *sessions_add_recording(struct sessions *sessions);

/* A session of it; the number is `wanted` where all so far are smaller, and it is not much larger. Where
 * there are RECORDED_MOST that stay in the table the number has no session. */
uint32_t sessions_record(struct sessions *sessions, struct recording *recording, uint32_t wanted,
                         const struct recorded_identity *identity);

/* The sandbox, which is borrowed, or NULL: it is off. That is for when no session lives there any more:
 * of all that are not SESSION_CLOSED, session_host() is HOST_HERE. */
void sessions_set_sandbox(struct sessions *sessions, struct sandbox *sandbox);
struct sandbox *sessions_sandbox(const struct sessions *sessions);

/* Whether what is seen on the wire is recorded: automatically where it is free to be seen, in the
 * sandbox. False with one line where it cannot be, and nothing has changed. */
enum wire_mode { WIRE_AUTO, WIRE_ON, WIRE_OFF };
bool sessions_set_wire(struct sessions *sessions, enum wire_mode mode, struct error *error);
const struct wire *sessions_wire(const struct sessions *sessions);

/* Whether whole frames are kept from now on, not only their first bytes; while a log wants them. */
void sessions_keep_frames(struct sessions *sessions, bool whole);

size_t sessions_count(const struct sessions *sessions);
struct session *sessions_at(const struct sessions *sessions,
                            size_t index); /* in the order of their numbers */
struct session *sessions_numbered(const struct sessions *sessions, uint32_t number);
struct session *sessions_named(const struct sessions *sessions, const char *name);

/* Bytes that were given to any session and could not be sent before it ended. */
uint64_t sessions_lost(const struct sessions *sessions);

/* Removes an ended session from the table and frees it; its entries are hidden in the
 * transcript. */
bool sessions_forget(struct sessions *sessions, struct session *session, struct error *error);

/* A listener's clients have its new service, too. The words are shared; NULL = it has none. */
bool sessions_set_service(struct sessions *sessions, struct session *session,
                          const struct service *service, struct serving *serving,
                          struct error *error);

/* Switches faults on and off, see faults_set(). A listener's clients have them, too. */
bool sessions_set_faults(struct sessions *sessions, struct session *session, const char *words,
                         struct error *error);

/* Samples the kernel now, the timers too; what has changed is recorded. */
void sessions_sample(struct sessions *sessions, struct session *session);

/* Whether every datagram that comes is written down with its destination, interface, TTL and TOS, in
 * open and new sessions; not from the start. */
void sessions_show_packets(struct sessions *sessions, bool on);

/* Who holds a port of this host; see net/port_table.h. */
void sessions_read_port(struct sessions *sessions, enum host host, uint16_t port, int64_t search,
                        struct port_table *table);

/* Whether TCP clients that were refused, reset, timed out or closed by their peer are opened again
 * by themselves; not from the start. Off ends every wait for it. */
void sessions_set_reconnect(struct sessions *sessions, bool on);

/* A session of the table that failed to open, other than this one (NULL for none); NULL. */
struct session *sessions_failed(struct sessions *sessions, const struct session *but);

/* Takes it out of the table, but keeps it until some others have been set aside, so that it can
 * still be explained and its values asked for. Its entries are not hidden. */
void sessions_set_aside(struct sessions *sessions, struct session *session);
const struct session *sessions_aside(const struct sessions *sessions); /* the newest; NULL = none */
const struct session *sessions_aside_numbered(const struct sessions *sessions, uint32_t number);
const struct session *sessions_aside_named(const struct sessions *sessions, const char *name);

/* Hides the entries of all sessions that have left the table. */
void sessions_hide_others(struct sessions *sessions);

/* How many ended clients of listeners stay in the table, SESSIONS_KEPT at first, at most
 * SESSIONS_KEPT_MOST. Beyond that the oldest leave it; their entries are not hidden. */
void sessions_keep_clients(struct sessions *sessions, size_t count);

/* A person looks at this session (NULL for none): it does not leave the table by itself, and the
 * kernel is sampled more often while something is on its way. One at a time. */
void sessions_pin(struct sessions *sessions, struct session *session);

/* Called once for each session that a listener makes, and before each one that leaves the table
 * without sessions_forget(); NULL for none. */
void sessions_watch(struct sessions *sessions, void (*born)(void *context, struct session *session),
                    void (*gone)(void *context, struct session *session), void *context);

/* Called with every byte that arrives on a session, before its service; pipe mode writes them to
 * standard output. */
void sessions_tap(struct sessions *sessions,
                  void (*data)(void *context, struct session *session, const char *data,
                               size_t len),
                  void *context);

/* Called with each secret of the TLS connections that begin from now on, as tls_watch_keys() has it; NULL:
 * no more. */
void sessions_watch_keys(struct sessions *sessions,
                         void (*key)(void *context, const struct session *session,
                                     const char *line),
                         void *context);

bool sessions_give_keys(const struct sessions *sessions);

/* The keys of a person come on this descriptor, -1 = none do: the turn in which one is read is short, as is
 * one during which another comes. Sessions that such a turn does not serve are the first of the next. */
void sessions_hurry_for(struct sessions *sessions, int keys);

void sessions_prepare(struct sessions *sessions, struct poller *poller);
void sessions_serve(struct sessions *sessions, struct poller *poller);
void sessions_reap(struct sessions *sessions);
bool sessions_are_closing(const struct sessions *sessions); /* sessions_reap() has to close some */

/* Whether the kernel is sampled at all; it is, from the start. Then a block of the transcript must
 * hold TRANSCRIPT_ROOM and some thousand bytes more, so that what is received outlives the samples
 * around the send() that echoes it. */
void sessions_read_kernel(struct sessions *sessions, bool on);
