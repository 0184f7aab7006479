/* SPDX-License-Identifier: MIT
 * switch_x86_64.S: the switch between stacks for x86-64 (System V).
 *
 * A stack that does not run has on top, from low to high:
 *    0  MXCSR (4 bytes), x87 control word (2), padding (2)
 *    8  r15  16  r14  24  r13  32  r12  40  rbx  48  rbp
 *   56  where to go on
 * There is no note for shadow stacks: a library with this file does not claim
 * to work with them, and the loader leaves them off. */
#if defined(__x86_64__) && !defined(__ILP32__) && \
    !defined(LARIAT_CONTEXT_UCONTEXT)

        .text

/* void lr_context_swap(lr_context *from, const lr_context *to) */
        .globl  lr_context_swap
        .hidden lr_context_swap
        .type   lr_context_swap, @function
        .p2align 4
lr_context_swap:
        .cfi_startproc
        pushq   %rbp
        .cfi_def_cfa_offset 16
        .cfi_offset %rbp, -16
        pushq   %rbx
        .cfi_def_cfa_offset 24
        .cfi_offset %rbx, -24
        pushq   %r12
        .cfi_def_cfa_offset 32
        .cfi_offset %r12, -32
        pushq   %r13
        .cfi_def_cfa_offset 40
        .cfi_offset %r13, -40
        pushq   %r14
        .cfi_def_cfa_offset 48
        .cfi_offset %r14, -48
        pushq   %r15
        .cfi_def_cfa_offset 56
        .cfi_offset %r15, -56
        subq    $8, %rsp
        .cfi_def_cfa_offset 64
        stmxcsr (%rsp)
        fnstcw  4(%rsp)
        /* Each is read back as it was written, which is quick. */
        movl    (%rsp), %eax
        movzwl  4(%rsp), %edx
        movq    %rsp, (%rdi)
        /* Both stacks look alike here, so the unwind tables stay true. */
        movq    (%rsi), %rsp
        /* Loading control words is slow, and they hardly ever differ. */
        cmpl    (%rsp), %eax
        jne     2f
        cmpw    4(%rsp), %dx
        jne     2f
1:      addq    $8, %rsp
        .cfi_def_cfa_offset 56
        popq    %r15
        .cfi_def_cfa_offset 48
        .cfi_restore %r15
        popq    %r14
        .cfi_def_cfa_offset 40
        .cfi_restore %r14
        popq    %r13
        .cfi_def_cfa_offset 32
        .cfi_restore %r13
        popq    %r12
        .cfi_def_cfa_offset 24
        .cfi_restore %r12
        popq    %rbx
        .cfi_def_cfa_offset 16
        .cfi_restore %rbx
        popq    %rbp
        .cfi_def_cfa_offset 8
        .cfi_restore %rbp
        /* Not `ret`: that would be predicted to return to the caller. */
        popq    %rcx
        .cfi_def_cfa_offset 0
        .cfi_register %rip, %rcx
        jmpq    *%rcx
        .cfi_def_cfa_offset 64
        .cfi_offset %rip, -8
        .cfi_offset %rbp, -16
        .cfi_offset %rbx, -24
        .cfi_offset %r12, -32
        .cfi_offset %r13, -40
        .cfi_offset %r14, -48
        .cfi_offset %r15, -56
2:      ldmxcsr (%rsp)
        fldcw   4(%rsp)
        jmp     1b
        .cfi_endproc
        .size   lr_context_swap, . - lr_context_swap

/* The bottom of every fresh stack: r12 has the argument, r13 the function, and
 * rbx the address of a pointer to the context that switched here last.  The
 * unwind tables find that one's frame through rbx: its stack pointer is the
 * first field, so the frame of its swap ends at **rbx + 64. */
        .globl  lr_context_start
        .hidden lr_context_start
        .type   lr_context_start, @function
        .p2align 4
        .cfi_startproc
        /* DW_CFA_def_cfa_expression, 6 bytes: DW_OP_breg3 0, DW_OP_deref,
         * DW_OP_deref, DW_OP_plus_uconst 64 */
        .cfi_escape 0x0f, 0x06, 0x73, 0x00, 0x06, 0x06, 0x23, 0x40
        .cfi_offset %rip, -8
        .cfi_offset %rbp, -16
        .cfi_offset %rbx, -24
        .cfi_offset %r12, -32
        .cfi_offset %r13, -40
        .cfi_offset %r14, -48
        .cfi_offset %r15, -56
        /* The unwinder looks up the address before the one of return. */
        nop
lr_context_start:
        movq    %r12, %rdi
        callq   *%r13
        ud2
        .cfi_endproc
        .size   lr_context_start, . - lr_context_start

#endif
        .section .note.GNU-stack, "", @progbits
