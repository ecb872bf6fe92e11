struct barrier;
