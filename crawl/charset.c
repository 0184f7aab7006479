/* SPDX-License-Identifier: MIT
 * charset.c: the labels of the Encoding Standard, by encoding, between
 * blanks; iconv's names are glibc's. */
#include "charset.h"

#include <string.h>
#include <strings.h>

#include "ascii.h"

#define SINGLE LR_CRAWL_CHARSET_SINGLE
#define MULTIPLE LR_CRAWL_CHARSET_MULTIPLE

enum { LONGEST_LABEL = 32, UTF_8 = 0, WINDOWS_1252 = 1 };

static const struct row {
  lr_crawl_charset charset;
  const char *labels;
} rows[] = {
    {{"UTF-8", "UTF-8", "UTF-8", LR_CRAWL_CHARSET_UTF_8},
     " unicode-1-1-utf-8 unicode11utf8 unicode20utf8 utf-8 utf8 "
     "x-unicode20utf8 "},
    {{"windows-1252", "CP1252", "CP1252", LR_CRAWL_CHARSET_WINDOWS_1252},
     " ansi_x3.4-1968 ascii cp1252 cp819 csisolatin1 ibm819 iso-8859-1 "
     "iso-ir-100 iso8859-1 iso88591 iso_8859-1 iso_8859-1:1987 l1 latin1 "
     "us-ascii windows-1252 x-cp1252 "},
    {{"IBM866", "CP866", "CP866", SINGLE}, " 866 cp866 csibm866 ibm866 "},
    {{"ISO-8859-2", "ISO-8859-2", "ISO-8859-2", SINGLE},
     " csisolatin2 iso-8859-2 iso-ir-101 iso8859-2 iso88592 iso_8859-2 "
     "iso_8859-2:1987 l2 latin2 "},
    {{"ISO-8859-3", "ISO-8859-3", "ISO-8859-3", SINGLE},
     " csisolatin3 iso-8859-3 iso-ir-109 iso8859-3 iso88593 iso_8859-3 "
     "iso_8859-3:1988 l3 latin3 "},
    {{"ISO-8859-4", "ISO-8859-4", "ISO-8859-4", SINGLE},
     " csisolatin4 iso-8859-4 iso-ir-110 iso8859-4 iso88594 iso_8859-4 "
     "iso_8859-4:1988 l4 latin4 "},
    {{"ISO-8859-5", "ISO-8859-5", "ISO-8859-5", SINGLE},
     " csisolatincyrillic cyrillic iso-8859-5 iso-ir-144 iso8859-5 iso88595 "
     "iso_8859-5 iso_8859-5:1988 "},
    {{"ISO-8859-6", "ISO-8859-6", "ISO-8859-6", SINGLE},
     " arabic asmo-708 csiso88596e csiso88596i csisolatinarabic ecma-114 "
     "iso-8859-6 iso-8859-6-e iso-8859-6-i iso-ir-127 iso8859-6 iso88596 "
     "iso_8859-6 iso_8859-6:1987 "},
    {{"ISO-8859-7", "ISO-8859-7", "ISO-8859-7", SINGLE},
     " csisolatingreek ecma-118 elot_928 greek greek8 iso-8859-7 iso-ir-126 "
     "iso8859-7 iso88597 iso_8859-7 iso_8859-7:1987 sun_eu_greek "},
    {{"ISO-8859-8", "ISO-8859-8", "ISO-8859-8", SINGLE},
     " csiso88598e csisolatinhebrew hebrew iso-8859-8 iso-8859-8-e iso-ir-138 "
     "iso8859-8 iso88598 iso_8859-8 iso_8859-8:1988 visual "},
    {{"ISO-8859-8-I", "ISO-8859-8", "ISO-8859-8", SINGLE},
     " csiso88598i iso-8859-8-i logical "},
    {{"ISO-8859-10", "ISO-8859-10", "ISO-8859-10", SINGLE},
     " csisolatin6 iso-8859-10 iso-ir-157 iso8859-10 iso885910 l6 latin6 "},
    {{"ISO-8859-13", "ISO-8859-13", "ISO-8859-13", SINGLE},
     " iso-8859-13 iso8859-13 iso885913 "},
    {{"ISO-8859-14", "ISO-8859-14", "ISO-8859-14", SINGLE},
     " iso-8859-14 iso8859-14 iso885914 "},
    {{"ISO-8859-15", "ISO-8859-15", "ISO-8859-15", SINGLE},
     " csisolatin9 iso-8859-15 iso8859-15 iso885915 iso_8859-15 l9 "},
    {{"ISO-8859-16", "ISO-8859-16", "ISO-8859-16", SINGLE}, " iso-8859-16 "},
    {{"KOI8-R", "KOI8-R", "KOI8-R", SINGLE},
     " cskoi8r koi koi8 koi8-r koi8_r "},
    {{"KOI8-U", "KOI8-U", "KOI8-U", SINGLE}, " koi8-ru koi8-u "},
    {{"macintosh", "MACINTOSH", "MACINTOSH", SINGLE},
     " csmacintosh mac macintosh x-mac-roman "},
    {{"windows-874", "CP874", "CP874", SINGLE},
     " dos-874 iso-8859-11 iso8859-11 iso885911 tis-620 windows-874 "},
    {{"windows-1250", "CP1250", "CP1250", SINGLE},
     " cp1250 windows-1250 x-cp1250 "},
    {{"windows-1251", "CP1251", "CP1251", SINGLE},
     " cp1251 windows-1251 x-cp1251 "},
    {{"windows-1253", "CP1253", "CP1253", SINGLE},
     " cp1253 windows-1253 x-cp1253 "},
    {{"windows-1254", "CP1254", "CP1254", SINGLE},
     " cp1254 csisolatin5 iso-8859-9 iso-ir-148 iso8859-9 iso88599 iso_8859-9 "
     "iso_8859-9:1989 l5 latin5 windows-1254 x-cp1254 "},
    {{"windows-1255", "CP1255", "CP1255", SINGLE},
     " cp1255 windows-1255 x-cp1255 "},
    {{"windows-1256", "CP1256", "CP1256", SINGLE},
     " cp1256 windows-1256 x-cp1256 "},
    {{"windows-1257", "CP1257", "CP1257", SINGLE},
     " cp1257 windows-1257 x-cp1257 "},
    {{"windows-1258", "CP1258", "CP1258", SINGLE},
     " cp1258 windows-1258 x-cp1258 "},
    {{"x-mac-cyrillic", "MAC-UK", "MAC-UK", SINGLE},
     " x-mac-cyrillic x-mac-ukrainian "},
    {{"GBK", "GB18030", "GBK", MULTIPLE},
     " chinese csgb2312 csiso58gb231280 gb2312 gb_2312 gb_2312-80 gbk "
     "iso-ir-58 x-gbk "},
    {{"gb18030", "GB18030", "GB18030", MULTIPLE}, " gb18030 "},
    {{"Big5", "BIG5-HKSCS", "BIG5", MULTIPLE},
     " big5 big5-hkscs cn-big5 csbig5 x-x-big5 "},
    {{"EUC-JP", "EUC-JP-MS", "EUC-JP-MS", MULTIPLE},
     " cseucpkdfmtjapanese euc-jp x-euc-jp "},
    {{"ISO-2022-JP", "ISO-2022-JP", "ISO-2022-JP", LR_CRAWL_CHARSET_STATEFUL},
     " csiso2022jp iso-2022-jp "},
    {{"Shift_JIS", "CP932", "CP932", MULTIPLE},
     " csshiftjis ms932 ms_kanji shift-jis shift_jis sjis windows-31j x-sjis "},
    {{"EUC-KR", "CP949", "CP949", MULTIPLE},
     " cseuckr csksc56011987 euc-kr iso-ir-149 korean ks_c_5601-1987 "
     "ks_c_5601-1989 ksc5601 ksc_5601 windows-949 "},
    {{"replacement", "UTF-8", "UTF-8", LR_CRAWL_CHARSET_REPLACEMENT},
     " csiso2022kr hz-gb-2312 iso-2022-cn iso-2022-cn-ext iso-2022-kr "
     "replacement "},
    {{"UTF-16BE", "UTF-16BE", "UTF-8", LR_CRAWL_CHARSET_UTF_16BE},
     " unicodefffe utf-16be "},
    {{"UTF-16LE", "UTF-16LE", "UTF-8", LR_CRAWL_CHARSET_UTF_16LE},
     " csunicode iso-10646-ucs-2 ucs-2 unicode unicodefeff utf-16 utf-16le "},
    {{"x-user-defined", "UTF-8", "UTF-8", LR_CRAWL_CHARSET_USER_DEFINED},
     " x-user-defined "}};

const lr_crawl_charset *lr_crawl_charset_utf_8(void) {
  return &rows[UTF_8].charset;
}

const lr_crawl_charset *lr_crawl_charset_windows_1252(void) {
  return &rows[WINDOWS_1252].charset;
}

/* ---- Labels ---- */

const lr_crawl_charset *lr_crawl_charset_find(const char *label,
                                              size_t length) {
  char wanted[LONGEST_LABEL + 3] = " ";
  while (length && lr_crawl_is_space(*label)) label++, length--;
  while (length && lr_crawl_is_space(label[length - 1])) length--;
  if (!length || length > LONGEST_LABEL || memchr(label, ' ', length))
    return NULL;
  for (size_t i = 0; i < length; i++) {
    char byte = label[i];
    wanted[i + 1] = (char)(byte >= 'A' && byte <= 'Z' ? byte | 0x20 : byte);
  }
  wanted[length + 1] = ' ';
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    if (strstr(rows[i].labels, wanted)) return &rows[i].charset;
  return NULL;
}

/* ---- The document's ---- */

static lr_crawl_charset_choice choose_by_mark(const char *label, size_t mark) {
  return (lr_crawl_charset_choice){
      .charset = lr_crawl_charset_find(label, strlen(label)),
      .source = LR_CRAWL_CHARSET_MARK,
      .mark = mark};
}

lr_crawl_charset_choice lr_crawl_charset_sniff(const char *bytes, size_t length,
                                               const char *label) {
  if (length >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0)
    return choose_by_mark("utf-8", 3);
  if (length >= 2 && memcmp(bytes, "\xfe\xff", 2) == 0)
    return choose_by_mark("utf-16be", 2);
  if (length >= 2 && memcmp(bytes, "\xff\xfe", 2) == 0)
    return choose_by_mark("utf-16le", 2);
  return (lr_crawl_charset_choice){
      .charset = lr_crawl_charset_find(label, strlen(label)),
      .source = LR_CRAWL_CHARSET_CONTENT_TYPE};
}
