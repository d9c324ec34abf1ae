/* ---- From input to output --------------------------------------------------------------------------------------- */

void quaver_network(quaver_arena *arena, const float input[QUAVER_INPUTS], float output[QUAVER_OUTPUTS])
{
    run_network(arena->shared, input, output);
}
