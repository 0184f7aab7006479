/* SPDX-License-Identifier: MIT
 * Marks on the public functions: visibility, must-use, C linkage. */
#ifndef LARIAT_EXPORT_H
#define LARIAT_EXPORT_H

#define LARIAT_API __attribute__((visibility("default")))
#define LARIAT_MUST_USE __attribute__((warn_unused_result))

#ifdef __cplusplus
#define LARIAT_BEGIN_C extern "C" {
#define LARIAT_END_C }
#else
#define LARIAT_BEGIN_C
#define LARIAT_END_C
#endif

#endif
