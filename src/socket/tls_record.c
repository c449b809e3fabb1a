// SPDX-License-Identifier: GPL-3.0-or-later
#include "socket/tls_record.h"

#include <string.h>

enum {
	MAJOR = 3,   /* of every version since SSL 3.0 */
	RANDOM = 32, /* bytes */
	SUITE = 2,   /* bytes of a cipher suite */
	SERVER_NAME = 0,
	ALPN = 16,
	SUPPORTED_VERSIONS = 43,
};

#define TABLE(table, index) ((index) < sizeof(table) / sizeof((table)[0]) ? (table)[index] : NULL)

/* ---- names ---- */

bool tls_record_read(const uint8_t header[TLS_RECORD_HEADER], struct tls_record *record)
{
	record->type = header[0];
	record->len = (uint16_t)(header[3] << 8 | header[4]);
	return tls_record_name(header[0]) && header[1] == MAJOR &&
	       record->len <= TLS_RECORD_LONGEST;
}

const char *tls_record_name(uint8_t type)
{
	static const char *const names[] = {
		[TLS_RECORD_CHANGE_CIPHER_SPEC] = "change_cipher_spec",
		[TLS_RECORD_ALERT] = "alert",
		[TLS_RECORD_HANDSHAKE] = "handshake",
		[TLS_RECORD_APPLICATION_DATA] = "application_data",
		[TLS_RECORD_HEARTBEAT] = "heartbeat",
	};
	return TABLE(names, type);
}

uint32_t tls_message_length(const uint8_t header[TLS_MESSAGE_HEADER])
{
	return (uint32_t)header[1] << 16 | (uint32_t)header[2] << 8 | header[3];
}

/* RFC 8446 appendix B.3, and for TLS 1.2 RFC 5246 section 7.4, RFC 5077, RFC 6066, RFC 8879. */
const char *tls_message_name(uint8_t type)
{
	static const char *const names[] = {
		[0] = "HelloRequest",
		[TLS_CLIENT_HELLO] = "ClientHello",
		[TLS_SERVER_HELLO] = "ServerHello",
		[4] = "NewSessionTicket",
		[5] = "EndOfEarlyData",
		[8] = "EncryptedExtensions",
		[11] = "Certificate",
		[12] = "ServerKeyExchange",
		[13] = "CertificateRequest",
		[14] = "ServerHelloDone",
		[15] = "CertificateVerify",
		[16] = "ClientKeyExchange",
		[20] = "Finished",
		[21] = "CertificateURL",
		[22] = "CertificateStatus",
		[24] = "KeyUpdate",
		[25] = "CompressedCertificate",
	};
	return TABLE(names, type);
}

const char *tls_alert_level(uint8_t level)
{
	static const char *const names[] = { [1] = "warning", [2] = "fatal" };
	return TABLE(names, level);
}

/* clang-format off: a row for each */
/* RFC 8446 section 6.2, RFC 5246 section 7.2.2, and what usually is the reason. */
static const struct alert {
	const char *name, *meaning;
} alerts[] = {
	[0] = { "close_notify", NULL },
	[10] = { "unexpected_message", "a message came that has no place there" },
	[20] = { "bad_record_mac", "a record was changed on its way" },
	[21] = { "decryption_failed", NULL },
	[22] = { "record_overflow", "a record was too long" },
	[30] = { "decompression_failure", NULL },
	[40] = { "handshake_failure", "the two ends have no version, cipher or group in common, or a certificate was missing" },
	[41] = { "no_certificate", NULL },
	[42] = { "bad_certificate", "the certificate is damaged" },
	[43] = { "unsupported_certificate", "a certificate of this kind is not accepted" },
	[44] = { "certificate_revoked", "its authority has revoked the certificate" },
	[45] = { "certificate_expired", "the certificate is no longer valid, or not yet" },
	[46] = { "certificate_unknown", "the certificate was not accepted" },
	[47] = { "illegal_parameter", "a field of a message makes no sense" },
	[48] = { "unknown_ca", "the certificate is from an authority that is not trusted there" },
	[49] = { "access_denied", "the certificate is valid, but not allowed" },
	[50] = { "decode_error", "a message could not be read" },
	[51] = { "decrypt_error", "a signature or a Finished message is wrong" },
	[60] = { "export_restriction", NULL },
	[70] = { "protocol_version", "the two ends have no version of TLS in common" },
	[71] = { "insufficient_security", "what this end offers is too weak" },
	[80] = { "internal_error", "something failed there that has nothing to do with the protocol" },
	[86] = { "inappropriate_fallback", "a lower version was offered than both ends have" },
	[90] = { "user_canceled", "the handshake was given up" },
	[100] = { "no_renegotiation", "there is no second handshake on this connection" },
	[109] = { "missing_extension", "a message lacks an extension" },
	[110] = { "unsupported_extension", "an extension came that was not asked for" },
	[111] = { "certificate_unobtainable", NULL },
	[112] = { "unrecognized_name", "there is no server of this name" },
	[113] = { "bad_certificate_status_response", "the stapled OCSP answer is not valid" },
	[114] = { "bad_certificate_hash_value", NULL },
	[115] = { "unknown_psk_identity", "the pre-shared key is not known" },
	[116] = { "certificate_required", "the server wants a certificate of the client" },
	[120] = { "no_application_protocol", "none of the offered ALPN protocols is served" },
	[121] = { "ech_required", NULL },
};
/* clang-format on */

const char *tls_alert_name(uint8_t description)
{
	return description < sizeof alerts / sizeof *alerts ? alerts[description].name : NULL;
}

const char *tls_alert_meaning(uint8_t description)
{
	return description < sizeof alerts / sizeof *alerts ? alerts[description].meaning : NULL;
}

const char *tls_version_name(uint16_t version)
{
	static const char *const names[] = { "SSL 3.0", "TLS 1.0", "TLS 1.1", "TLS 1.2",
		                             "TLS 1.3" };
	unsigned minor = version & 0xffu;
	return version >> 8 == MAJOR ? TABLE(names, minor) : NULL;
}

/* ---- where records begin ---- */

/* The beginnings of messages in the next bytes of a handshake record that is not encrypted. */
static void take_messages(struct tls_parser *parser, const uint8_t *bytes, size_t len)
{
	while (len) {
		size_t n = parser->message_left < len ? parser->message_left : len;
		parser->message_left -= (uint32_t)n;
		bytes += n;
		len -= n;
		for (; len && !parser->message_left && parser->message_header_len < TLS_MESSAGE_HEADER;
		     len--)
			parser->message_header[parser->message_header_len++] = *bytes++;
		if (parser->message_header_len == TLS_MESSAGE_HEADER) {
			parser->message_left = tls_message_length(parser->message_header);
			parser->message_header_len = 0;
		}
	}
}

static void take_header(struct tls_parser *parser)
{
	struct tls_record record;
	parser->header_len = 0;
	parser->lost = !tls_record_read(parser->header, &record);
	parser->record_left = parser->lost ? 0 : record.len;
	parser->record_type = record.type;
	if (record.type == TLS_RECORD_CHANGE_CIPHER_SPEC) {
		parser->secured = true;
		parser->message_left = parser->message_header_len = 0;
	}
}

struct tls_boundary tls_parser_feed(struct tls_parser *parser, const void *bytes, size_t len)
{
	struct tls_boundary boundary = { 0 };
	const uint8_t *begin = bytes, *at = begin, *end = begin + len;
	while (at < end && !parser->lost) {
		size_t n = (size_t)(end - at);
		if (parser->record_left) {
			n = n < parser->record_left ? n : parser->record_left;
			if (parser->record_type == TLS_RECORD_HANDSHAKE && !parser->secured)
				take_messages(parser, at, n);
			parser->record_left = (uint16_t)(parser->record_left - n);
			at += n;
			continue;
		}
		if (!parser->header_len && !boundary.known) {
			boundary = (struct tls_boundary){
				.first = (uint16_t)(at - begin),
				.known = true,
				.secured = parser->secured,
				.message_left = parser->message_left,
				.message_header_len = parser->message_header_len,
			};
			memcpy(boundary.message_header, parser->message_header,
			       parser->message_header_len);
		}
		parser->header[parser->header_len++] = *at++;
		if (parser->header_len == TLS_RECORD_HEADER)
			take_header(parser);
	}
	if (!boundary.known && !parser->lost && !parser->header_len) {
		boundary.first = (uint16_t)(len + parser->record_left);
		boundary.known = true;
	}
	return boundary;
}

/* ---- hellos ---- */

/* What is left of a message, or of a part of it. */
struct rest {
	const uint8_t *at;
	size_t len;
	bool bad; /* there was less than it said */
};

static struct rest take(struct rest *rest, size_t len)
{
	struct rest part = { .at = rest->at };
	rest->bad = part.bad = rest->bad || len > rest->len;
	part.len = rest->bad ? 0 : len;
	rest->at += part.len;
	rest->len = rest->bad ? 0 : rest->len - len;
	return part;
}

static unsigned take_number(struct rest *rest, size_t bytes)
{
	unsigned number = 0;
	struct rest part = take(rest, bytes);
	for (size_t i = 0; i < part.len; i++)
		number = number << 8 | part.at[i];
	return number;
}

/* A part with its length, of that many bytes, before it. */
static struct rest take_vector(struct rest *rest, size_t bytes)
{
	return take(rest, take_number(rest, bytes));
}

static void add_version(struct tls_hello *hello, unsigned version)
{
	if (tls_version_name((uint16_t)version) && hello->version_count < TLS_VERSIONS)
		hello->versions[hello->version_count++] = (uint16_t)version;
}

/* Those of a client are lists; a server answers with the one that it takes. */
static bool read_extension(unsigned number, struct rest data, bool client, struct tls_hello *hello)
{
	if (number == SERVER_NAME && client) {
		struct rest list = take_vector(&data, 2);
		unsigned type = take_number(&list, 1);
		struct rest name = take_vector(&list, 2);
		if (!type && !list.bad) {
			hello->name = name.at;
			hello->name_len = name.len;
		}
		return !list.bad && !data.bad;
	}
	if (number == ALPN) {
		struct rest list = take_vector(&data, 2);
		hello->alpn = list.at;
		hello->alpn_len = list.len;
		while (list.len)
			take_vector(&list, 1);
		return !list.bad && !data.bad;
	}
	if (number == SUPPORTED_VERSIONS) {
		hello->version_count = 0;
		struct rest list = client ? take_vector(&data, 1) : take(&data, 2);
		while (list.len)
			add_version(hello, take_number(&list, 2));
		return !list.bad && !data.bad;
	}
	return true;
}

bool tls_hello_read(uint8_t type, const uint8_t *body, size_t len, struct tls_hello *hello)
{
	/* SHA-256 of "HelloRetryRequest", RFC 8446 section 4.1.3 */
	static const uint8_t retry[RANDOM] = {
		0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c,
		0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb,
		0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
	};
	bool client = type == TLS_CLIENT_HELLO, good = true;
	struct rest rest = { .at = body, .len = len };
	*hello = (struct tls_hello){ 0 };
	if (!client && type != TLS_SERVER_HELLO)
		return false;
	unsigned version = take_number(&rest, 2);
	struct rest random = take(&rest, RANDOM);
	take_vector(&rest, 1); /* the session's number */
	if (client) {
		take_vector(&rest, 2); /* cipher suites */
		take_vector(&rest, 1); /* compression */
	} else {
		take(&rest, SUITE + 1);
	}
	hello->retry = !client && !rest.bad && memcmp(random.at, retry, RANDOM) == 0;
	add_version(hello, version);
	struct rest extensions = rest.len ? take_vector(&rest, 2) : (struct rest){ .at = rest.at };
	while (good && extensions.len) {
		unsigned number = take_number(&extensions, 2);
		struct rest data = take_vector(&extensions, 2);
		good = !extensions.bad && read_extension(number, data, client, hello);
	}
	return good && !extensions.bad && !rest.bad && !rest.len && hello->version_count;
}
