"""The local servers that the line needs: started, found, stopped; and a look at the machine."""
