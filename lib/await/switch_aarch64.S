/* SPDX-License-Identifier: MIT
 * switch_aarch64.S: the switch between stacks for 64-bit ARM.
 *
 * A stack that does not run has on top, from low to high:
 *     0  d8 d9    16  d10 d11   32  d12 d13   48  d14 d15
 *    64  x19 x20  80  x21 x22   96  x23 x24  112  x25 x26  128  x27 x28
 *   144  x29 (frame pointer), x30 (where to go on)
 *   160  FPCR, padding */
#if defined(__aarch64__) && !defined(__ILP32__) && \
    !defined(LARIAT_CONTEXT_UCONTEXT)

        .text

/* void lr_context_swap(lr_context *from, const lr_context *to) */
        .globl  lr_context_swap
        .hidden lr_context_swap
        .type   lr_context_swap, %function
        .p2align 4
lr_context_swap:
        .cfi_startproc
        sub     sp, sp, #176
        .cfi_def_cfa_offset 176
        stp     d8, d9, [sp]
        stp     d10, d11, [sp, #16]
        stp     d12, d13, [sp, #32]
        stp     d14, d15, [sp, #48]
        stp     x19, x20, [sp, #64]
        .cfi_offset x19, -112
        .cfi_offset x20, -104
        stp     x21, x22, [sp, #80]
        .cfi_offset x21, -96
        .cfi_offset x22, -88
        stp     x23, x24, [sp, #96]
        .cfi_offset x23, -80
        .cfi_offset x24, -72
        stp     x25, x26, [sp, #112]
        .cfi_offset x25, -64
        .cfi_offset x26, -56
        stp     x27, x28, [sp, #128]
        .cfi_offset x27, -48
        .cfi_offset x28, -40
        stp     x29, x30, [sp, #144]
        .cfi_offset x29, -32
        .cfi_offset x30, -24
        mrs     x9, fpcr
        str     x9, [sp, #160]
        mov     x10, sp
        str     x10, [x0]
        /* Both stacks look alike here, so the unwind tables stay true. */
        ldr     x10, [x1]
        mov     sp, x10
        /* Writing FPCR is slow, and it hardly ever differs. */
        ldr     x11, [sp, #160]
        cmp     x9, x11
        b.eq    1f
        msr     fpcr, x11
1:      ldp     d8, d9, [sp]
        ldp     d10, d11, [sp, #16]
        ldp     d12, d13, [sp, #32]
        ldp     d14, d15, [sp, #48]
        ldp     x19, x20, [sp, #64]
        ldp     x21, x22, [sp, #80]
        ldp     x23, x24, [sp, #96]
        ldp     x25, x26, [sp, #112]
        ldp     x27, x28, [sp, #128]
        ldp     x29, x30, [sp, #144]
        add     sp, sp, #176
        .cfi_def_cfa_offset 0
        .cfi_restore x19
        .cfi_restore x20
        .cfi_restore x21
        .cfi_restore x22
        .cfi_restore x23
        .cfi_restore x24
        .cfi_restore x25
        .cfi_restore x26
        .cfi_restore x27
        .cfi_restore x28
        .cfi_restore x29
        .cfi_restore x30
        ret
        .cfi_endproc
        .size   lr_context_swap, . - lr_context_swap

/* The bottom of every fresh stack: x20 has the argument, x21 the function, and
 * x19 the address of a pointer to the context that switched here last.  The
 * unwind tables find that one's frame through x19: its stack pointer is the
 * first field, so the frame of its swap ends at **x19 + 176. */
        .globl  lr_context_start
        .hidden lr_context_start
        .type   lr_context_start, %function
        .p2align 4
        .cfi_startproc
        /* DW_CFA_def_cfa_expression, 7 bytes: DW_OP_breg19 0, DW_OP_deref,
         * DW_OP_deref, DW_OP_plus_uconst 176 */
        .cfi_escape 0x0f, 0x07, 0x83, 0x00, 0x06, 0x06, 0x23, 0xb0, 0x01
        .cfi_offset x19, -112
        .cfi_offset x20, -104
        .cfi_offset x21, -96
        .cfi_offset x22, -88
        .cfi_offset x23, -80
        .cfi_offset x24, -72
        .cfi_offset x25, -64
        .cfi_offset x26, -56
        .cfi_offset x27, -48
        .cfi_offset x28, -40
        .cfi_offset x29, -32
        .cfi_offset x30, -24
        /* The unwinder looks up the address before the one of return. */
        nop
lr_context_start:
        mov     x0, x20
        blr     x21
        brk     #1
        .cfi_endproc
        .size   lr_context_start, . - lr_context_start

#endif
        .section .note.GNU-stack, "", %progbits
