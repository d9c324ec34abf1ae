/* ---- From input to output --------------------------------------------------------------------------------------- */

void quaver_network(quaver_arena *arena, const float input[QUAVER_INPUTS], @TAKES_FRAMES@float output[QUAVER_OUTPUTS])
{
    run_network(arena->shared, input, @FRAMES@output);
}
