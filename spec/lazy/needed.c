int nowhere(void);
int needed(int call);

int needed(int call)
{
  return call ? nowhere() : 42;
}
