// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/calltext.h"
#include "view/sampletext.h"

#include <errno.h>
#include <locale.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "support/tap.h"

static struct transcript *transcript;
static struct buf text;
static const struct endpoint echo = { .family = AF_INET, .port = 7001, .ip = { 127, 0, 0, 1 } };
static const struct endpoint six = { .family = AF_INET6, .port = 53, .ip = { [15] = 1 } };

static const struct entry *make(struct entry header, const struct endpoint *addr,
                                const void *payload, size_t len)
{
	header.session = 1;
	return transcript_at(transcript,
	                     transcript_append(transcript, &header, addr, payload, len));
}

/* The call, a blank, its result. */
static const char *described(struct entry header, const struct endpoint *addr, const char *payload)
{
	const struct entry *entry = make(header, addr, payload, strlen(payload));
	buf_clear(&text);
	calltext_call(entry, 10, &text);
	buf_append_text(&text, " ");
	calltext_result(entry, &text);
	return buf_text(&text);
}

/* The same of a datagram that says our own end, too. */
static const char *told_ends(enum call call, const struct endpoint *local)
{
	size_t room;
	struct entry header = { .session = 1, .call = (uint8_t)call, .arg = 2 };
	header.ttl = local && call == CALL_RECVMSG && *local->interface ? 64 : 0;
	header.tos = header.ttl ? 0xb9 : 0;
	char *location = transcript_reserve(transcript, ENTRY_ADDRESSES, 2, &room);
	memcpy(location, "hi", 2);
	const struct entry *entry =
	        transcript_at(transcript, transcript_commit(transcript, &header, &echo, local, 2));
	buf_clear(&text);
	calltext_call(entry, 10, &text);
	buf_append_text(&text, " ");
	calltext_result(entry, &text);
	return buf_text(&text);
}

#define DESCRIBED(addr, payload, ...) described((struct entry){ __VA_ARGS__ }, addr, payload)

static void test_calls(void)
{
	is_text(DESCRIBED(NULL, "", .call = CALL_SOCKET, .arg = SOCK_STREAM, .arg2 = AF_INET6,
	                  .fd = 4),
	        "socket(AF_INET6, SOCK_STREAM) = 4", "socket()");
	is_text(DESCRIBED(NULL, "\2", .call = CALL_SOCKET, .arg = SOCK_DGRAM, .arg2 = AF_INET,
	                  .fd = 5),
	        "socket(AF_INET, SOCK_DGRAM) = 5 on right", "on a host of the sandbox");
	is_text(DESCRIBED(&echo, "", .call = CALL_BIND), "bind(127.0.0.1:7001) = 0", "bind()");
	is_text(DESCRIBED(NULL, "", .call = CALL_LISTEN, .arg = 4096), "listen(4096) = 0",
	        "listen()");
	is_text(DESCRIBED(&echo, "", .call = CALL_ACCEPT, .arg = 6), "accept() = 6", "accept()");
	is_text(DESCRIBED(&six, "", .call = CALL_CONNECT, .error = ECONNREFUSED),
	        "connect([::1]:53) = -1 ECONNREFUSED", "connect() that failed");
	is_text(DESCRIBED(NULL, "", .call = CALL_CONNECT), "connect(AF_UNSPEC) = 0",
	        "that undoes");
	is_text(DESCRIBED(&echo, "", .call = CALL_GETSOCKNAME), "getsockname() = 0  127.0.0.1:7001",
	        "getsockname()");
	is_text(DESCRIBED(NULL, "", .call = CALL_SHUTDOWN, .arg = SHUT_WR), "shutdown(SHUT_WR) = 0",
	        "shutdown()");
	is_text(DESCRIBED(NULL, "", .call = CALL_CLOSE), "close() = 0", "close()");
	is_text(DESCRIBED(NULL, "a host 80\n::1\n127.0.0.1\n", .call = CALL_GETADDRINFO),
	        "getaddrinfo(\"a host\", \"80\") = 0", "getaddrinfo()");
	is_text(DESCRIBED(NULL, "x 80\nname or service\033", .call = CALL_GETADDRINFO,
	                  .error = EHOSTUNREACH),
	        "getaddrinfo(\"x\", \"80\") failed: name or service\\x1b", "that failed, in words");
	is_text(DESCRIBED(NULL, "", .call = CALL_GETADDRINFO, .error = EHOSTUNREACH),
	        "getaddrinfo(\"\") failed", "without any");
	is_text(DESCRIBED(NULL, "", .call = CALL_ERRQUEUE), "recvmsg(MSG_ERRQUEUE) ",
	        "the error queue");
	is_text(DESCRIBED(NULL, "", .call = 200), "?() = 0", "what is no call");
}

static void test_bytes(void)
{
	is_text(DESCRIBED(NULL, "hello\n", .call = CALL_SEND, .arg = 6, .arg2 = MSG_NOSIGNAL),
	        "send(\"hello\\n\") = 6", "send()");
	is_text(DESCRIBED(NULL, "hello", .call = CALL_SEND, .arg = 9000),
	        "send(\"hello\", 9000) = 5", "that was taken in part");
	is_text(DESCRIBED(NULL, "", .call = CALL_SEND, .arg = 9000, .error = EAGAIN),
	        "send(9000) = -1 EAGAIN", "not at all");
	is_text(DESCRIBED(NULL, "!", .call = CALL_SEND, .arg = 1, .arg2 = MSG_OOB | MSG_NOSIGNAL),
	        "send(\"!\", MSG_OOB) = 1", "with flags");
	struct endpoint five = { .family = AF_INET, .ip = { 127, 0, 0, 5 } };
	is_text(told_ends(CALL_SENDMSG, &five),
	        "sendmsg(\"hi\", 127.0.0.1:7001, from 127.0.0.5) = 2", "sendmsg()");
	is_text(told_ends(CALL_RECVMSG, &five), "recvmsg(2) = 2 from 127.0.0.1:7001 to 127.0.0.5",
	        "recvmsg()");
	struct endpoint on_lo = five;
	strcpy(on_lo.interface, "lo");
	is_text(told_ends(CALL_RECVMSG, &on_lo),
	        "recvmsg(2) = 2 from 127.0.0.1:7001 to 127.0.0.5 ttl 64 tos 0xb9 on lo",
	        "and all that is known of how it came");
	is_text(DESCRIBED(&echo, "hi", .call = CALL_RECVFROM, .arg = 65536, .flags = ENTRY_BATCH, .nth = 3,
	                  .of = 12),
	        "recvmmsg(65536) = 12, 3 of 12: 2 bytes from 127.0.0.1:7001", "one of a batch");
	is_text(DESCRIBED(NULL, "", .call = CALL_RECVFROM, .arg = 65536, .flags = ENTRY_BATCH,
	                  .error = EAGAIN),
	        "recvmmsg(65536) = -1 EAGAIN", "... that was empty");
	is_text(told_ends(CALL_RECVMSG, NULL), "recvmsg(2) = 2 from 127.0.0.1:7001",
	        "that says no more");
	is_text(DESCRIBED(&echo, "hi", .call = CALL_SENDTO, .arg = 2),
	        "sendto(\"hi\", 127.0.0.1:7001) = 2", "sendto()");
	is_text(DESCRIBED(&echo, "", .call = CALL_SENDTO), "sendto(\"\", 127.0.0.1:7001) = 0",
	        "of nothing");
	is_text(DESCRIBED(NULL, "0123", .call = CALL_SENDTO, .arg = 60, .flags = ENTRY_TRUNCATED),
	        "sendto(\"0123\", 60) = 60", "of which not all was kept");
	is_text(DESCRIBED(NULL, "0123456789abc", .call = CALL_SEND, .arg = 13),
	        "send(\"0123456789…\") = 13", "of more than is shown");
	is_text(DESCRIBED(NULL, "12345678가", .call = CALL_SEND, .arg = 11),
	        "send(\"12345678…\") = 11", "not cut within a character");
	is_text(DESCRIBED(NULL, "가\"\\\033\x9b", .call = CALL_SEND, .arg = 7),
	        "send(\"가\\\"\\\\\\x1b\\x9b\") = 7", "hostile bytes are escapes");
	is_text(DESCRIBED(NULL, "hello", .call = CALL_RECV, .arg = 1024), "recv(1024) = 5",
	        "recv()");
	is_text(DESCRIBED(NULL, "", .call = CALL_RECV, .arg = 1024), "recv(1024) = 0  end of file",
	        "end of file");
	is_text(DESCRIBED(NULL, "", .call = CALL_RECV), "recv(0) = 0", "nothing asked for");
	is_text(DESCRIBED(NULL, "x", .call = CALL_RECV, .arg = 8, .arg2 = MSG_PEEK | MSG_WAITALL),
	        "recv(8, MSG_PEEK|MSG_WAITALL) = 1", "flags by name");
	is_text(DESCRIBED(&echo, "x", .call = CALL_RECVFROM, .arg = 8),
	        "recvfrom(8) = 1 from 127.0.0.1:7001", "recvfrom()");
	is_text(DESCRIBED(&echo, "0123", .call = CALL_RECVFROM, .arg = 10,
	                  .flags = ENTRY_TRUNCATED),
	        "recvfrom(4) = 4 from 127.0.0.1:7001", "into a buffer too small");
	is_text(DESCRIBED(&echo, "0123", .call = CALL_RECVFROM, .arg = 10, .arg2 = MSG_TRUNC,
	                  .flags = ENTRY_TRUNCATED),
	        "recvfrom(4, MSG_TRUNC) = 10 from 127.0.0.1:7001", "whose flag asks how long");
	is_text(DESCRIBED(NULL, "hello", .call = CALL_RECV, .arg = 1024, .flags = ENTRY_WAITED,
	                  .duration = 3200000),
	        "recv(1024) = 5 after 3.2 s", "that waited");
	const struct entry *entry =
	        make((struct entry){ .call = CALL_SEND, .arg = 5 }, NULL, "hello", 5);
	buf_clear(&text);
	calltext_call(entry, 0, &text);
	is_text(buf_text(&text), "send(5)", "its length alone");
	entry = make((struct entry){ .call = CALL_SEND, .arg = 15, .flags = ENTRY_MESSAGE }, NULL,
	             "Hello, server!\n", 15);
	buf_clear(&text);
	calltext_call(entry, 15, &text);
	is_text(buf_text(&text), "send(\"Hello, server!\\n\")", "its line end");
	buf_clear(&text);
	calltext_call(entry, 10, &text);
	is_text(buf_text(&text), "send(\"Hello, s…\\n\")", "also where it is cut");
	buf_clear(&text);
	calltext_call_made(entry, 0, &text);
	is_text(buf_text(&text), "sendmsg(15)", "as it was made");
}

static void test_options(void)
{
	const int on = 1;
	const struct entry *entry;
	buf_clear(&text);
	entry = make(
	        (struct entry){ .call = CALL_SETSOCKOPT, .arg = SO_REUSEADDR, .arg2 = SOL_SOCKET },
	        NULL, &on, sizeof on);
	calltext_call(entry, 9, &text);
	is_text(buf_text(&text), "setsockopt(SO_REUSEADDR, on)", "an option by its name");
	buf_clear(&text);
	entry = make((struct entry){ .call = CALL_GETSOCKOPT, .arg = 999, .arg2 = 888 }, NULL, &on,
	             sizeof on);
	calltext_call(entry, 9, &text);
	calltext_result(entry, &text);
	is_text(buf_text(&text), "getsockopt(888, 999)= 0  1", "one that is not known");
	buf_clear(&text);
	entry = make((struct entry){ .call = CALL_SETSOCKOPT, .arg = 999, .arg2 = 888 }, NULL,
	             "\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17\20\21", 17);
	calltext_call(entry, 9, &text);
	is_text(buf_text(&text),
	        "setsockopt(888, 999, 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 10 ...)",
	        "with more bytes than are shown");
}

static const char *received(struct entry header, const char *payload)
{
	const struct entry *entry = make(header, NULL, payload, strlen(payload));
	buf_clear(&text);
	calltext_received(entry, 8, &text);
	return buf_text(&text);
}

static void test_received(void)
{
	is_text(received((struct entry){ .call = CALL_RECV }, "hi\n"), "[hi\\n]", "bytes received");
	is_text(received((struct entry){ .call = CALL_RECV }, ""), "", "not the end of a stream");
	is_text(received((struct entry){ .call = CALL_RECVFROM }, ""), "[]", "an empty datagram");
	is_text(received((struct entry){ .call = CALL_RECVFROM,
	                                 .arg = 10,
	                                 .flags = ENTRY_TRUNCATED },
	                 "0123"),
	        "[0123~6 lost]", "a cut one");
	is_text(received((struct entry){ .call = CALL_RECVFROM, .error = EAGAIN }, ""), "",
	        "nothing where it failed");
	is_text(received((struct entry){ .call = CALL_SEND }, "x"), "", "nor of what was sent");
}

/* ---- samples: field, value, …, -1 ---- */

static struct sample sample_of(const int64_t *fields)
{
	struct sample sample = { 0 };
	for (; *fields >= 0; fields += 2)
		sample_set(&sample, (enum sample_field)fields[0], (uint64_t)fields[1]);
	return sample;
}

#define SAMPLE(...) sample_of((const int64_t[]){ __VA_ARGS__, -1 })

static const char *detail(enum call call, uint8_t error, const struct sample *sample)
{
	const struct entry *entry =
	        make((struct entry){ .call = (uint8_t)call, .error = error }, &echo, "x", 1);
	buf_clear(&text);
	sampletext_call(entry, sample, &text);
	return buf_text(&text);
}

static void test_details(void)
{
	struct sample r = SAMPLE(SAMPLE_NEW_DATA_OUT, 1, SAMPLE_CALLS, 1);
	is_text(detail(CALL_SEND, 0, &r), "1 segment o", "how many segments left");
	r = SAMPLE(SAMPLE_NEW_DATA_OUT, 0, SAMPLE_NOTSENT, 6);
	is_text(detail(CALL_SEND, 0, &r), "not sent yet o, 6 bytes held back *", "held back");
	r = SAMPLE(SAMPLE_NOTSENT, 1);
	is_text(detail(CALL_SEND, 0, &r), "1 byte held back *", "counters a system does not have");
	r = SAMPLE(SAMPLE_NEW_DATA_OUT, 5, SAMPLE_CALLS, 87);
	is_text(detail(CALL_SEND, 0, &r), "5 segments o, over 87 calls o", "sampled");
	is_text(detail(CALL_SEND, EAGAIN, &r), "over 87 calls o", "nothing left with a failure");
	r = SAMPLE(SAMPLE_BUFFERED, 149000, SAMPLE_INQ, 5);
	is_text(detail(CALL_RECV, 0, &r), "149 ms in the buffer, 5 bytes left to read *",
	        "what had waited there");
	r = SAMPLE(SAMPLE_QUEUE, 1, SAMPLE_BACKLOG, 2);
	is_text(detail(CALL_ACCEPT, 0, &r), "peer 127.0.0.1:7001, queue 1/3 *", "a listener's");
	r = SAMPLE(SAMPLE_NEW_OUT, 2, SAMPLE_NEW_IN, 1, SAMPLE_NEW_RETRANS, 1);
	is_text(detail(CALL_CONNECT, 0, &r), "2 segments out, 1 in o, 1 retransmitted o",
	        "segments");
	r = SAMPLE(SAMPLE_DROPS, 3);
	is_text(detail(CALL_RECVFROM, 0, &r), "3 dropped so far *", "drops");
	is_text(detail(CALL_SEND, 0, NULL), "", "nothing was read");
	const struct entry *entry =
	        make((struct entry){ .call = CALL_GETADDRINFO }, NULL, "h 80\na\nb\nc\nd\ne\n", 15);
	buf_clear(&text);
	sampletext_call(entry, NULL, &text);
	is_text(buf_text(&text), "a, b, c, 2 more", "addresses of a name");
}

static const char *news(const struct sample *now, const struct sample *before)
{
	buf_clear(&text);
	sampletext_change(now, &text);
	buf_append_text(&text, "|");
	sampletext_news(now, before, &text);
	return buf_text(&text);
}

static void test_news(void)
{
	struct sample a, b;
	a = SAMPLE(SAMPLE_STATE, STATE_ESTABLISHED, SAMPLE_INQ, 5);
	is_text(news(&a, NULL), "|readable: 5 bytes to read *", "bytes to read");
	is_text(news(&a, &a), "|", "said once");
	a = SAMPLE(SAMPLE_STATE, STATE_CLOSE_WAIT, SAMPLE_OLD_STATE, STATE_ESTABLISHED,
	           SAMPLE_NEW_IN, 1);
	is_text(news(&a, NULL),
	        "ESTABLISHED → CLOSE_WAIT *|readable: end of file *, 1 segment in o", "the end");
	a = SAMPLE(SAMPLE_STATE, STATE_CLOSED, SAMPLE_OLD_STATE, STATE_ESTABLISHED);
	is_text(news(&a, NULL), "ESTABLISHED → CLOSED *|error pending ?", "a reset");
	a = SAMPLE(SAMPLE_STATE, STATE_CLOSED, SAMPLE_OLD_STATE, STATE_LAST_ACK);
	is_text(news(&a, NULL), "LAST_ACK → CLOSED *|", "an orderly end");
	a = SAMPLE(SAMPLE_QUEUE, 1, SAMPLE_BACKLOG, 2, SAMPLE_STATE, STATE_LISTEN);
	is_text(news(&a, NULL), "|readable: 1 connection waits, queue 1/3 *", "a connection");
	b = SAMPLE(SAMPLE_SND_WND, 20000);
	a = SAMPLE(SAMPLE_SND_WND, 0);
	is_text(news(&a, &b), "|window 20000 → 0 *", "a window that shuts");
	is_text(news(&b, &a), "|window 0 → 20000 *", "and opens");
	a = SAMPLE(SAMPLE_TIMER, TIMER_RETRANSMIT, SAMPLE_TIMER_LEFT, 816000, SAMPLE_RETRANSMITS,
	           2);
	is_text(news(&a, NULL), "|retransmission 3 in 816 ms *", "retransmission");
	a = SAMPLE(SAMPLE_TIMER, TIMER_PERSIST, SAMPLE_TIMER_LEFT, 1700000, SAMPLE_PROBES, 0,
	           SAMPLE_BACKOFF, 3);
	is_text(news(&a, NULL), "|window probe 4 in 1.7 s *", "a probe");
	a = SAMPLE(SAMPLE_STATE, STATE_TIME_WAIT, SAMPLE_TIMER, TIMER_TIMEWAIT, SAMPLE_TIMER_LEFT,
	           60000000);
	is_text(news(&a, NULL), "|TIME_WAIT, 60 s left *", "TIME_WAIT");
	a = SAMPLE(SAMPLE_STATE, STATE_GONE, SAMPLE_OLD_STATE, STATE_TIME_WAIT);
	is_text(news(&a, NULL), "TIME_WAIT → no longer in the kernel *|", "gone");
	a = SAMPLE(SAMPLE_STATE, STATE_GONE);
	is_text(news(&a, NULL), "|no longer in the kernel *", "from a state that was not read");
	a = SAMPLE(SAMPLE_STATE, STATE_TIME_WAIT, SAMPLE_OLD_STATE, STATE_CLOSED, SAMPLE_TIMER,
	           TIMER_TIMEWAIT, SAMPLE_TIMER_LEFT, 60000000);
	is_text(news(&a, NULL), "TIME_WAIT *|60 s left *", "which CLOSED was all the time");
	a = SAMPLE(SAMPLE_STATE, STATE_CLOSED, SAMPLE_OLD_STATE, STATE_FIN_WAIT2);
	is_text(news(&a, NULL), "FIN_WAIT2 → CLOSED *|TIME_WAIT ?", "as a socket reports it");
	b = SAMPLE(SAMPLE_STATE, STATE_ESTABLISHED, SAMPLE_OUTQ, 13);
	a = SAMPLE(SAMPLE_STATE, STATE_ESTABLISHED, SAMPLE_OUTQ, 0);
	is_text(news(&a, &b), "|all acknowledged *", "an acknowledgement");
	is_text(news(&b, &a), "|13 bytes not acknowledged *", "what waits for one");
	is_text(news(&b, NULL), "|", "nothing without the sample before");
	b = SAMPLE(SAMPLE_STATE, STATE_ESTABLISHED, SAMPLE_RCV_WND, 5, SAMPLE_RMEM, 1);
	a = SAMPLE(SAMPLE_STATE, STATE_ESTABLISHED, SAMPLE_RCV_WND, 9, SAMPLE_RMEM, 2);
	is_text(news(&a, &b), "|our window 5 → 9 *", "one thing where there is nothing better");
	a = SAMPLE(SAMPLE_RTT, 5);
	is_text(news(&a, NULL), "|", "nothing if no sample is known");
	a = SAMPLE(SAMPLE_TIMER, 77, SAMPLE_TIMER_LEFT, INT64_MAX, SAMPLE_STATE, 99);
	is_text(news(&a, NULL), "|", "numbers of nothing");
	a = SAMPLE(SAMPLE_STATE, STATE_TIME_WAIT, SAMPLE_OLD_STATE, STATE_FIN_WAIT2);
	is_text(news(&a, NULL), "FIN_WAIT2 → TIME_WAIT *|", "nobody reads after close()");
}

static const char *queued(struct errqueue error, const struct endpoint *offender)
{
	uint8_t packed[ERRQUEUE_PACKED];
	size_t len = entry_pack_errqueue(&error, packed);
	const struct entry *entry =
	        make((struct entry){ .call = CALL_ERRQUEUE }, offender, packed, len);
	buf_clear(&text);
	sampletext_call(entry, NULL, &text);
	return buf_text(&text);
}

static void test_error_queue(void)
{
	is_text(queued((struct errqueue){ .origin = ERRQUEUE_ICMP,
	                                  .type = 3,
	                                  .code = 3,
	                                  .error = ECONNREFUSED,
	                                  .target = echo },
	               &echo),
	        "ICMP port unreachable (3/3) *, from 127.0.0.1, about a datagram to "
	        "127.0.0.1:7001, "
	        "ECONNREFUSED",
	        "ICMP");
	is_text(queued((struct errqueue){ .origin = ERRQUEUE_ICMP6,
	                                  .type = 2,
	                                  .error = EMSGSIZE,
	                                  .info = 1280 },
	               NULL),
	        "ICMPv6 packet too big (2/0) *, MTU 1280, EMSGSIZE", "ICMPv6");
	is_text(queued((struct errqueue){ .origin = ERRQUEUE_LOCAL,
	                                  .error = EMSGSIZE,
	                                  .info = 1500 },
	               NULL),
	        "larger than the path's MTU 1500: EMSGSIZE *", "too large");
	is_text(queued((struct errqueue){ .origin = ERRQUEUE_LOCAL, .error = EMSGSIZE }, NULL),
	        "EMSGSIZE: message too long *", "for what, is not said");
	is_text(queued((struct errqueue){ .origin = ERRQUEUE_ACKED,
	                                  .info = 5,
	                                  .delay = 120 * CLOCK_US },
	               NULL),
	        "bytes before 5 acknowledged 0.1 ms after send() *", "acknowledged");
	is_text(queued((struct errqueue){ .origin = ERRQUEUE_LEFT, .info = 5, .delay = UINT64_MAX },
	               NULL)[0] == 'b'
	                ? "said"
	                : "",
	        "said", "an impossible delay");
	is_text(queued((struct errqueue){ .origin = 99 }, NULL), "", "another origin");
	const struct entry *entry =
	        make((struct entry){ .call = CALL_ERRQUEUE }, NULL, "garbage", 7);
	buf_clear(&text);
	sampletext_call(entry, NULL, &text);
	is_text(buf_text(&text), "", "garbage");
}

static void test_ascii(void)
{
	struct sample a = SAMPLE(SAMPLE_STATE, STATE_LISTEN, SAMPLE_OLD_STATE, STATE_CLOSED);
	setlocale(LC_ALL, "C");
	is_text(news(&a, NULL), "CLOSED -> LISTEN *|", "an arrow in ASCII");
	is_text(DESCRIBED(NULL, "가나다라", .call = CALL_SEND, .arg = 12),
	        "send(\"\\xea\\xb0\\x80\\xeb\\x82\\x98\\xeb\\x8b\\xa4\\xeb...\") = 12",
	        "bytes, and dots");
	setlocale(LC_ALL, "");
}

int main(void)
{
	tap_watchdog(30);
	setlocale(LC_ALL, "");
	buf_init(&text, SIZE_MAX);
	transcript = transcript_new(1 << 22, 1 << 20);
	test_calls();
	test_bytes();
	test_options();
	test_received();
	test_details();
	test_news();
	test_error_queue();
	test_ascii();
	transcript_free(transcript);
	buf_free(&text);
	return tap_done();
}
