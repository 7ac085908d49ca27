// The program that the precompiled headers of all tests belong to; it is not run.
int main() { return 0; }
